"""Bytes as text, and files that are no text by their kind."""

import pytest

from ganplay.toy.points_error import KINDS, PointsError
from ganplay.toy.table.decoding import kind_of, text_of

FILES = {
    b"%PDF-1.7\n%\xe2\xe3": "pdf",
    b"PK\x03\x04...[Content_Types].xml...xl/workbook.xml": "sheet",
    b"PK\x03\x04...mimetypeapplication/vnd.oasis.opendocument.spreadsheet": "sheet",
    b"PK\x03\x04...word/document.xml": "document",
    b"PK\x03\x04...arr_0.npy": "numpy",
    b"PK\x03\x04...a.csv": "archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "office",
    b"\x1f\x8b\x08\0": "archive",
    b"\x93NUMPY\1\0": "numpy",
    b"PAR1\x15": "data",
    b"SQLite format 3\0": "database",
    b"\x80\x04\x95": "pickle",
    b"\n <!DOCTYPE html><html>": "html",
    b"\xef\xbb\xbf<HTML>": "html",
    b"<?xml version='1.0'?><svg xmlns=": "svg",
    b"<?xml version='1.0'?><rss>": "xml",
    b"II*\0\x08": "photo",
    b"\0\0\0\x18ftypheic\0\0": "photo",
    b"\0\0\0\x18ftypmp42\0\0": "film",
    b"RIFF\0\0\0\0WAVEfmt ": "film",
    b"\x7fELF\2": "program",
}


@pytest.mark.parametrize("data", FILES)
def test_a_file_of_another_kind_is_told_what_it_is(data):
    assert kind_of(data) == FILES[data]
    with pytest.raises(PointsError) as refused:
        text_of(data)
    assert KINDS[FILES[data]] in str(refused.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", "a,b\n1,2\n"),
        (b"a,b\r1,2\r", "a,b\n1,2\n"),
        ("é,ü\n1,2".encode("cp1252"), "é,ü\n1,2"),
        ("Größe;Höhe\n1;2".encode("cp1252"), "Größe;Höhe\n1;2"),
        ("横坐标,类别\n1,猫".encode("gbk"), "横坐标,类别\n1,猫"),
        ("x,类\n1,猫\n".encode("utf-16"), "x,类\n1,猫\n"),
        ("\ufeffx,y\n1,2\n".encode("utf-16-be"), "x,y\n1,2\n"),
        ("x,y\n1,2\n".encode("utf-16-be"), "x,y\n1,2\n"),
        ("x,y\n1,2\n".encode("utf-16-le") + b"3", "x,y\n1,2\n"),
        ("x,y\n1,2\n".encode("utf-32"), "x,y\n1,2\n"),
        (b"1,2\n\x1a", "1,2\n"),
    ],
)
def test_text_of_many_encodings(data, text):
    assert text_of(data)[0] == text


@pytest.mark.parametrize("data", [b"1,2\0", b"\x01\x02\xff", b"\xff\xfe\x00\xd8", b"1\x1b[2J,3"])
def test_what_is_no_text_is_refused(data):
    with pytest.raises(PointsError, match="neither text nor a picture"):
        text_of(data)
