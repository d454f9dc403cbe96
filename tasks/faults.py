"""What may go wrong, in two families that are never shown as the same thing.

A fault of the data is a finding, or an unreadable file. A fault of the system is raised and leaves
the file waiting to be processed.
"""


class Unreadable(Exception):
    """The sender must act: the file is not a workbook that we can open (rule F01).

    `reason_vi` and `reason_en` say why in words for the district officer.
    """

    def __init__(self, reason_vi: str, reason_en: str) -> None:
        super().__init__(reason_vi, reason_en)
        self.reason_vi = reason_vi
        self.reason_en = reason_en


class SystemFault(Exception):
    """We must act: disk, lock, library or our own mistake.

    The message is for logs and holds no personal data; `message_vi` is the sentence that who runs the command line
    reads, ending in a way on.
    """

    is_safe_to_log = True

    def __init__(self, message: str, message_vi: str) -> None:
        super().__init__(message, message_vi)
        self.message_vi = message_vi

    def __str__(self) -> str:
        return str(self.args[0])
