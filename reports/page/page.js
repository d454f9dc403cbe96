"use strict";
// The page reads and prints without this script; it adds the document's language and saving a chart.
for (const choice of document.querySelectorAll("input[name=language]")) {
  choice.addEventListener("change", () => { document.documentElement.lang = choice.value; });
}
if (location.hash === "#en") { document.getElementById("language-en").click(); }
for (const button of document.querySelectorAll("button.save")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const language = document.documentElement.lang;
    const chart = button.closest("figure").querySelector(`.chart[lang="${language}"]`);
    const text = new XMLSerializer().serializeToString(chart.querySelector("svg"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${chart.dataset.name}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
