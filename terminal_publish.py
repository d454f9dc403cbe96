"""What `publish` says besides the figures: what readers lose, which corrections are small, whose release is current."""

from typing import TYPE_CHECKING, Any

from terminal import say

if TYPE_CHECKING:
    from flows.publish import Published
    from settings import Settings


def published_object(published: "Published", missing: dict[str, list[str]]) -> dict[str, Any]:
    """A publication as `publish --json` prints it. `losses` is null where what readers had can't be read."""
    return {
        "release_id": published.release.release_id,
        "as_of": published.as_of,
        "created": published.release.created,
        "path": str(published.release.path),
        "districts_missing": missing,
        "current": published.is_current,
        "losses": None if published.losses is None else [loss.told() for loss in published.losses],
        "small_changes": [change.told() for change in published.small_changes],
        "small_changes_held": published.held,
    }


def print_published(settings: "Settings", published: "Published") -> None:
    """What readers lose, if anything, and what became of small corrections."""
    if not published.is_current:
        current = settings.current.resolve().name
        say(
            f"Bản này đến kỳ {_month(published.as_of)}, cũ hơn bản đang dùng ({current}): dựng riêng, bản đang dùng giữ"
        )
        say("nguyên. Muốn người đọc dùng bản này: chạy lại với --current.")
    if published.losses is None:
        say("Không đọc được bản trước đó nên không so được người đọc mất gì.")
    elif published.losses:
        say("So với bản trước đó, người đọc mất hoặc thấy khác nhiều:", bold=True)
        for loss in published.losses:
            say(f"  {loss.sentence_vi}")
    print_small_changes(published)


def print_small_changes(published: "Published") -> None:
    """Where corrections are that two releases reveal, and whether they wait."""
    if published.small_changes:
        what = "chưa đưa vào, đợi tháng mới" if published.held else "đã đưa vào"
        say(f"Điều chỉnh rất nhỏ, so hai bản công bố sẽ thấy ({what}):", bold=True)
        for change in published.small_changes:
            say(f"  {change.place_vi}")


def _month(period: str) -> str:
    return f"{period[5:]}/{period[:4]}"
