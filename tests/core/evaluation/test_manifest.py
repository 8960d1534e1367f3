"""The manifest: what is read, and what is said of what cannot be."""

import codecs
from pathlib import Path

import pytest

from lipgate.core.errors import InputError
from lipgate.core.evaluation.manifest import Label, read_manifest

GOOD = "clip,label,person\na.mp4,genuine,ann\nsub/b.mp4,fake,\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        codecs.BOM_UTF8 + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        b"# what we recorded\n\n" + GOOD.replace("a.mp4", "# left out\n\n  \n,,\na.mp4").encode(),
        b'label , CLIP,camera,person\ngenuine,"a.mp4",left,ann\n FAKE ,sub/b.mp4,right,\n',
        b'clip,label,person\n# it\'s a "quote, "open\na.mp4,genuine,ann\nsub/b.mp4,fake,',
    ],
    ids=["plain", "byte order mark", "Windows", "blank lines and comments", "other columns", "quote in a comment"],
)
def test_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    found = [(entry.clip, entry.name, entry.label, entry.person) for entry in read_manifest(path)]
    assert found == [
        (tmp_path / "a.mp4", "a.mp4", Label.GENUINE, "ann"),
        (tmp_path / "sub" / "b.mp4", "sub/b.mp4", Label.FAKE, None),
    ]


def test_absolute_clips_stay_and_commas_and_quotes_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text('clip,label\n/there/a.mp4,shifted\n"b, the ""second"".mp4",genuine\n', encoding="utf-8")
    assert [str(entry.clip) for entry in read_manifest(path)] == ["/there/a.mp4", str(tmp_path / 'b, the "second".mp4')]


def test_what_else_is_known_of_a_clip(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    rows = [
        "clip,label,person,species,session,attempt,device,group",
        "a.mp4,genuine,ann,,s1,1,webcam,over 60",
        "b.mp4,genuine,ann,Bona fide,s1,2,webcam,over 60",
        "c.mp4,fake,ann,photograph,,,phone,",
        "d.mp4,fake,,,s2,1,,",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    found = [(item.person, item.species, item.session, item.attempt, item.device, item.group) for item in read_manifest(path)]
    assert found == [
        ("ann", None, "s1", 1, "webcam", "over 60"),
        ("ann", None, "s1", 2, "webcam", "over 60"),
        ("ann", "photograph", None, None, "phone", None),
        (None, None, "s2", 1, None, None),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name the columns clip and label"),
        (b"clip;label\na.mp4;fake\n", "line 1: the header must name the columns clip and label once each, separated by commas"),
        (b"clip,label,clip\na,fake,b\n", "line 1: the header"),
        (b"clip,label\n", "it names no clips"),
        (b"clip,label\n\n#\na.mp4,unreal\n", "line 4: unknown label 'unreal', known are genuine, fake, shifted"),
        (b"clip,label\na.mp4\n", "line 2: 1 columns where the header names 2"),
        (b"clip,label\na.mp4,fake,ann\n", "line 2: 3 columns"),
        (b"clip,label\n,fake\n", "line 2: there is no clip"),
        (b"clip,label,species,species\na,fake,b,c\n", "line 1: the header names the column species twice"),
        (b"clip,label,species\na,genuine,mask\n", "line 2: a genuine clip is no attack, but its species is 'mask'"),
        (b"clip,label,person,attempt\na,fake,ann,0\n", "line 2: attempt is '0' and must be a number from 1"),
        (b"clip,label,person,attempt\na,fake,ann,2nd\n", "line 2: attempt is '2nd'"),
        (b"clip,label,attempt\na,fake,1\n", "line 2: an attempt needs a person or a session"),
        (b"clip,label\na.mp4,fake\nb.mp4,fake\n./a.mp4,genuine\n", "line 4: ./a.mp4 was named in line 2 already"),
        (b'clip,label\n"a.mp4,fake\n', "line 2: unexpected end of data"),
        (b"clip,label\na\0.mp4,fake\n", "line 2"),
        (b"clip,label\n\xff.mp4,fake\n", "it is not UTF-8 text"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    assert caught.value.code == "manifest_invalid"
    assert said in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_manifest_that_is_no_file_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / name)
