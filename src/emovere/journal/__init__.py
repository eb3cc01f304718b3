"""Sessions over days: what was seen, second by second, kept until it is deleted.

No picture is kept, and a person's number means nothing beyond the session it stands in.

Environment: EMOVERE_JOURNAL, the journal's URL or file; where it is not set, journal.db in EMOVERE_HOME.
"""

from emovere.extras import optional

optional("sqlalchemy", "journal")
