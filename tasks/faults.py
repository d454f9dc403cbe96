"""What may go wrong with a received file, in two families that are never shown as the same thing.

A fault of the data is a finding, or an unreadable file. A fault of the system (`errors.SystemFault`) is raised and
leaves the file waiting to be processed.
"""

from errors import Fault
from errors import SystemFault as SystemFault


class Unreadable(Fault):
    """The sender must act: the file is not a workbook that we can open (rule F01).

    `reason_vi` and `reason_en` say why in words for the district officer.
    """

    usual_do_vi = "đề nghị huyện gửi lại tệp đã sửa"
    usual_do_en = "ask the district for a corrected file"

    def __init__(self, reason_vi: str, reason_en: str) -> None:
        super().__init__(reason_en, reason_vi)
        self.reason_vi = reason_vi
        self.reason_en = reason_en

    def __str__(self) -> str:
        return self.reason_vi
