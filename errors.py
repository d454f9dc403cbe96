"""What may go wrong and is told to somebody: each class with its sentence, what to do next, and the exit code.

A sentence says what happened, in Vietnamese and English, and never quotes a register or another exception's words.
What is raised and is none of these is a fault of the program, and told as one (`tasks/fault_words.py`).
"""

from typing import Any, ClassVar

# Exit codes (contract, section 5).
SYSTEM_FAULT, WRONG_USAGE = 1, 2

VI, EN = "vi", "en"
AGAIN = {VI: "chạy lại lệnh này", EN: "run this command again"}


class Fault(Exception):
    """Something that is told to a person: `en` and `vi` say what happened, `do_en` and `do_vi` what to do next.

    Of the class: `exit_code`; `outcome`, how a run ends that raised it (None: it failed); `is_safe_to_log`, whether its
    English words may stand in the log. In what to do, {again} stands for the command that is to be given again and
    {record} for the number of the log's record.
    """

    exit_code: ClassVar[int] = SYSTEM_FAULT
    outcome: ClassVar[str | None] = None
    is_safe_to_log: ClassVar[bool] = False
    # What to do where a raise does not say it.
    usual_do_en: ClassVar[str] = ""
    usual_do_vi: ClassVar[str] = ""

    def __init__(self, en: str, vi: str, do_en: str = "", do_vi: str = "") -> None:
        super().__init__(*(text for text in (en, vi, do_en, do_vi) if text))
        self.en, self.vi = en, vi
        self.do_en, self.do_vi = do_en or self.usual_do_en, do_vi or self.usual_do_vi

    def __str__(self) -> str:
        return self.en

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again as it is, whatever a subclass wants to be made of: it may come from another process."""
        return _made_again, (type(self), self.args, self.__dict__)

    @property
    def details(self) -> list[str]:
        """Lines to be read below the sentence."""
        return []

    def sentence(self, language: str = VI, *, again: str = "", record: str | None = None) -> str:
        """What happened, and what to do. `record` is the number of the log's record, None where nothing was logged."""
        what, do = (self.en, self.do_en) if language == EN else (self.vi, self.do_vi)
        do = do.replace("{again}", again or AGAIN[language]).replace("{record}", record or "")
        return " ".join(_sentence(part) for part in (what, do) if part)


def _made_again(kind: type[Fault], args: tuple[Any, ...], fields: dict[str, Any]) -> Fault:
    made = kind.__new__(kind, *args)
    made.__dict__.update(fields)
    return made


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


class SystemFault(Fault):
    """We must act: disk, lock, server, settings of the machine. What it concerns stays as it was and waits."""

    is_safe_to_log = True


class ProgramFault(SystemFault):
    """A mistake in the program, or in a library that it uses; neither the data nor the machine is at fault."""

    usual_do_vi = "gửi số bản ghi {record} (nhật ký logs/giamngheo.jsonl) cho người phát triển"
    usual_do_en = "send the number of the record, {record} (log logs/giamngheo.jsonl), to the developers"
    # Where the log can't be written.
    _UNRECORDED: ClassVar[dict[str, str]] = {
        VI: "nhật ký không có bản ghi nào; gửi lệnh đã chạy và thời điểm chạy cho người phát triển",
        EN: "the log has no record of it; send the command and the time of day to the developers",
    }
    _NOT_THE_DATA: ClassVar[dict[str, str]] = {
        VI: "Dữ liệu không hỏng: những gì đã ghi giữ nguyên, không có gì ghi dở.",
        EN: "The data is not damaged: what was recorded stays as it is, and nothing is half written.",
    }

    def __init__(self, en: str = "", vi: str = "") -> None:
        what_en, what_vi = "a fault of the program", "lỗi của chương trình"
        super().__init__(f"{what_en}: {en}" if en else what_en, f"{what_vi}: {vi}" if vi else what_vi)

    def sentence(self, language: str = VI, *, again: str = "", record: str | None = None) -> str:
        """The same, and that the data is whole."""
        what = _sentence(self.en if language == EN else self.vi)
        if record is None:
            return f"{what} {self._NOT_THE_DATA[language]} {_sentence(self._UNRECORDED[language])}"
        do = (self.do_en if language == EN else self.do_vi).replace("{record}", record)
        return f"{what} {self._NOT_THE_DATA[language]} {_sentence(do)}"


class DamagedFile(SystemFault):
    """A stored file that is gone or not as it was written; found by looking at the file, not by what a reader said."""


class MachineFault(SystemFault):
    """What the operating system or a server refuses; `place` is the file or folder, where it is known.

    The texts of its classes: {at} stands for " (PLACE)".
    """

    what_en: ClassVar[str]
    what_vi: ClassVar[str]

    def __init__(self, place: str = "") -> None:
        at = f" ({place})" if place else ""
        super().__init__(self.what_en.replace("{at}", at), self.what_vi.replace("{at}", at))


class DiskFull(MachineFault):
    """No room left, or the quota is used up."""

    what_vi, usual_do_vi = "hết chỗ trên đĩa{at}", "dọn bớt rồi {again}"
    what_en, usual_do_en = "the disk is full{at}", "make room, then {again}"


class ReadOnly(MachineFault):
    """A file system that can't be written to."""

    what_vi, usual_do_vi = "đĩa hoặc thư mục chỉ cho đọc{at}", "gắn lại để ghi được, rồi {again}"
    what_en, usual_do_en = "the disk or folder is read-only{at}", "mount it for writing, then {again}"


class NotPermitted(MachineFault):
    """Who runs the program may not read or write there."""

    what_vi, usual_do_vi = "không có quyền{at}", "cấp quyền cho người chạy chương trình, rồi {again}"
    what_en, usual_do_en = "no permission{at}", "give it to the user who runs the program, then {again}"


class DiskFails(MachineFault):
    """The disk reports an error of its own."""

    what_vi = "đĩa báo lỗi khi đọc hoặc ghi{at}"
    usual_do_vi = "kiểm tra đĩa và chạy giamngheo verify, rồi {again}"
    what_en = "the disk fails at reading or writing{at}"
    usual_do_en = "check the disk and run giamngheo verify, then {again}"


class NoMemory(MachineFault):
    """Memory ran out."""

    what_vi, usual_do_vi = "hết bộ nhớ", "đóng bớt chương trình khác, rồi {again}"
    what_en, usual_do_en = "memory ran out", "end other programs, then {again}"


class WarehouseNeedsRoom(MachineFault):
    """DuckDB met its bound of memory, and of room for what it puts aside."""

    what_vi, usual_do_vi = "kho dữ liệu không đủ bộ nhớ hoặc chỗ tạm trên đĩa", "dọn bớt, rồi {again}"
    what_en, usual_do_en = "the warehouse lacks memory or room on the disk to spill to", "make room, then {again}"


class Gone(MachineFault):
    """A file or folder that should be there."""

    what_vi = "không còn thấy tệp hoặc thư mục{at}"
    usual_do_vi = "để lại vào chỗ cũ (giamngheo verify cho biết thiếu gì), rồi {again}"
    what_en = "a file or folder is gone{at}"
    usual_do_en = "put it back (giamngheo verify says what is missing), then {again}"


class InTheWay(MachineFault):
    """Something else stands where a file or folder is to be written."""

    what_vi = "chỗ cần ghi đang bị tệp hoặc thư mục khác chiếm{at}"
    usual_do_vi = "dời nó đi, rồi {again}"
    what_en, usual_do_en = "another file or folder is in the way{at}", "move it away, then {again}"


class TooManyFiles(MachineFault):
    """The limit of open files is reached."""

    what_vi, usual_do_vi = "quá nhiều tệp đang mở", "nâng giới hạn (ulimit -n), rồi {again}"
    what_en, usual_do_en = "too many files are open", "raise the limit (ulimit -n), then {again}"


class NameTooLong(MachineFault):
    """A path that the file system can't hold."""

    what_vi, usual_do_vi = "tên tệp hoặc đường dẫn quá dài{at}", "đổi tên ngắn hơn, rồi {again}"
    what_en, usual_do_en = "the name of a file or its path is too long{at}", "shorten it, then {again}"


class Unreachable(MachineFault):
    """A share or server that does not answer."""

    what_vi = "không tới được ổ đĩa mạng hoặc máy chủ{at}"
    usual_do_vi = "kiểm tra kết nối, rồi {again}"
    what_en, usual_do_en = "a network disk or server can't be reached{at}", "check the connection, then {again}"


class PortInUse(MachineFault):
    """Another program listens there, or the address is not this machine's."""

    what_vi = "địa chỉ hoặc cổng mạng không dùng được: chương trình khác đang dùng, hoặc không phải của máy này"
    usual_do_vi = "chọn cổng khác, rồi {again}"
    what_en = "the address or port can't be used: another program has it, or it is not this machine's"
    usual_do_en = "choose another port, then {again}"


class DatabaseFull(MachineFault):
    """No room for a SQLite file."""

    what_vi, usual_do_vi = "hết chỗ trên đĩa khi ghi sổ (tệp .sqlite)", "dọn bớt rồi {again}"
    what_en, usual_do_en = "the disk is full, a .sqlite file can't grow", "make room, then {again}"


class DatabaseReadOnly(MachineFault):
    """A SQLite file or its folder can't be written to."""

    what_vi, usual_do_vi = "sổ (tệp .sqlite) hoặc thư mục của nó chỉ cho đọc", "cho phép ghi, rồi {again}"
    what_en, usual_do_en = "a .sqlite file or its folder is read-only", "make it writable, then {again}"


class DatabaseNotOpened(MachineFault):
    """A SQLite file that can't be opened."""

    what_vi = "không mở được sổ (tệp .sqlite)"
    usual_do_vi = "kiểm tra quyền và chỗ trống trên đĩa, rồi {again}"
    what_en, usual_do_en = "a .sqlite file can't be opened", "check rights and room on the disk, then {again}"


class DatabaseNotWritten(MachineFault):
    """The disk fails under a SQLite file."""

    what_vi = "đĩa không ghi được sổ (tệp .sqlite), hết chỗ hoặc hỏng"
    usual_do_vi = "dọn bớt, kiểm tra đĩa, rồi {again}"
    what_en, usual_do_en = "the disk does not take a .sqlite file: full or failing", "make room, check it, then {again}"


class DatabaseHeld(MachineFault):
    """Another program has a SQLite file open for writing."""

    what_vi, usual_do_vi = "sổ (tệp .sqlite) đang bị chương trình khác giữ", "đóng chương trình đó, rồi {again}"
    what_en, usual_do_en = "another program holds a .sqlite file", "end that program, then {again}"


class DatabaseDamaged(MachineFault):
    """SQLite finds a file that is no database, or one with damaged pages."""

    what_vi = "sổ (tệp .sqlite) hỏng, không đọc được"
    usual_do_vi = (
        "giữ nguyên tệp, chép lại sổ từ bản sao lưu mới nhất (docs/data-team.md, mục Backup), rồi {again}; "
        "không xoá sổ để bắt đầu lại"
    )
    what_en = "a .sqlite file is damaged"
    usual_do_en = "keep it, copy the one of the newest backup (docs/data-team.md, Backup), then {again}"


class ServerFails(MachineFault):
    """PostgreSQL refuses or does not answer."""

    what_vi = "không làm việc được với sổ ở PostgreSQL"
    usual_do_vi = "kiểm tra máy chủ, quyền của tài khoản và GIAMNGHEO_LEDGER_URL, rồi {again}"
    what_en = "the ledger in PostgreSQL can't be used"
    usual_do_en = "check the server, the account's rights and GIAMNGHEO_LEDGER_URL, then {again}"


class WarehouseHeld(MachineFault):
    """Somebody has a warehouse file open for writing."""

    what_vi = "tệp kho dữ liệu đang bị chương trình khác mở để ghi"
    usual_do_vi = "đóng chương trình đó (chỉ mở để đọc), rồi {again}"
    what_en, usual_do_en = "another program has a warehouse open for writing", "end that program, then {again}"


class Refused(Fault):
    """What was asked for is not done, because of how it was asked; nothing was changed. Says why, in Vietnamese."""

    exit_code = WRONG_USAGE
    outcome = "refused"

    def __init__(self, vi: str, do_vi: str = "", *, en: str = "", do_en: str = "") -> None:
        super().__init__(en or vi, vi, do_en, do_vi)

    def __str__(self) -> str:
        return self.vi


class WrongUsage(Refused):
    """The call's words are off; says what would be right."""

    usual_do_vi = "xem: giamngheo --help"
    usual_do_en = "see: giamngheo --help"


class WrongSettings(Refused):
    """Settings that can't be used; names them, and never what they hold, which may be a secret."""

    usual_do_vi = "xem docs/data-team.md, mục Settings"
    usual_do_en = "see docs/data-team.md, Settings"


class NoSuch(Refused, LookupError):
    """There is nothing of the name or number that was asked for."""

    usual_do_vi = "xem: giamngheo status --json"
    usual_do_en = "see: giamngheo status --json"


class Busy(Fault):
    """Another run holds the data root or the ledger; nothing was changed."""

    outcome = "busy"

    def __init__(self, en: str = "another run is at work") -> None:
        super().__init__(
            en,
            "đang có một lần chạy khác trên dữ liệu này, chưa thay đổi gì",
            "try again in some minutes",
            "hãy thử lại sau ít phút",
        )
