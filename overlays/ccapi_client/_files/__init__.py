"""The files of responses: where their bytes are, which addresses the client may request, downloading, saving."""
