"""Images in, findings out: quality, page, same page, impression. Pure: no files, no network."""
