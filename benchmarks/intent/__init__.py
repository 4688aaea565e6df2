"""The intent model: the text that it learns from, its training, and its figures on data that it has not seen."""
