"""From one record per word to one column per field."""


def columns_of(records):
    """Columns of all fields that appear in ``records``; where one is absent, it is zero."""
    names = sorted({name for record in records for name in record})
    return {name: [int(record.get(name, 0)) for record in records] for name in names}
