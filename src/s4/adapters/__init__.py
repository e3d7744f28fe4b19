"""Outside standards, one file or folder each: reads them into our words and writes our words as them.

Converting a neighbour's format is never the job of the words themselves.
"""
