"""Parts of the page of a report."""
