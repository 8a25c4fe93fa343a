"""The laws of nature, in integers: what a body is, how numbers are handled, how chance is drawn, how strong things are."""
