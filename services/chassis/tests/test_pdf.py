import asyncio
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest

from chassis.pdf import DATA_BYTES_MAX, OVERDUE_MAX, PdfRefused, PdfTooSlow, Typesetter, _fonts, compile_pdf

AT = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)

PLAIN = """
#let data = json(bytes(sys.inputs.data))
#set page(width: 20cm, height: 10cm)
#for line in data.lines [#line #parbreak()]
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return written(tmp_path, PLAIN)


@pytest.fixture
def typesetter() -> Iterator[Typesetter]:
    made = Typesetter(thread_count=2)
    yield made
    made.close()


def written(folder: Path, markup: str) -> Path:
    path = folder / "template.typ"
    path.write_text(markup, encoding="utf-8")
    return path


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.proves("I5")
async def test_the_same_data_and_time_make_the_same_bytes(typesetter: Typesetter, template: Path) -> None:
    first, again = [await typesetter.typeset(template, lambda: {"lines": ["one"]}, AT) for _ in range(2)]
    other = await typesetter.typeset(template, lambda: {"lines": ["two"]}, AT)
    assert first == again
    assert first != other
    dated = pypdf.PdfReader(io.BytesIO(first)).metadata
    assert dated is not None
    assert dated["/CreationDate"] == "D:20261122093015Z"


@pytest.mark.proves("I5")
def test_another_process_elsewhere_makes_the_same_bytes(template: Path, tmp_path: Path) -> None:
    """Another working folder, time zone, language and home: nothing of the machine enters."""
    program = (
        "import sys; from datetime import datetime; from pathlib import Path; from chassis.pdf import compile_pdf;"
        "made = compile_pdf(Path(sys.argv[1]), {'lines': ['one']}, datetime.fromisoformat(sys.argv[2]));"
        "sys.stdout.buffer.write(made)"
    )
    home = tmp_path / "home"
    home.mkdir()
    elsewhere = {**os.environ, "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "HOME": str(home)}
    command = [sys.executable, "-c", program, str(template), AT.isoformat()]
    ended = subprocess.run(command, cwd=home, env=elsewhere, stdout=subprocess.PIPE, check=True)
    assert ended.stdout == compile_pdf(template, {"lines": ["one"]}, AT)


def test_fonts_of_the_machine_are_not_looked_for() -> None:
    assert {font.path for font in _fonts().fonts()} == {None}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param('#panic("markup") #read("/etc/passwd")', id="code"),
        pytest.param("$x^2$ *bold* _thin_ `raw` = - +", id="markup"),
        pytest.param("[content] {block} <label> @reference ~ -- ...", id="brackets"),
        pytest.param("\"double\" 'single' \\ // \\u{41} /* x */", id="quotes and comments"),
        pytest.param("שלום", id="Hebrew"),
        pytest.param("Ödön Größe, Łódź, Αθήνα, Київ", id="accents and alphabets"),
    ],
)
def test_data_is_text_and_never_markup(template: Path, words: str) -> None:
    assert words_of(compile_pdf(template, {"lines": [words]}, AT)).strip() == words


def test_what_no_font_has_costs_nothing_but_itself(template: Path) -> None:
    assert " party " in words_of(compile_pdf(template, {"lines": ["\N{PARTY POPPER} party 中文"]}, AT))


async def test_two_threads_at_once_do_not_disturb_each_other(typesetter: Typesetter, template: Path) -> None:
    """Both threads are held until both are there, so that they compile at the same time."""
    meeting = threading.Barrier(2)

    def lines(number: int) -> dict[str, object]:
        meeting.wait(timeout=30)
        return {"lines": [f"invoice {number}, line {at}" for at in range(200)]}

    made = await asyncio.gather(*(typesetter.typeset(template, lambda it=it: lines(it), AT) for it in range(8)))
    alone = [
        compile_pdf(template, {"lines": [f"invoice {number}, line {at}" for at in range(200)]}, AT)
        for number in range(8)
    ]
    assert made == alone


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param("#panic()", id="that fails"),
        pytest.param("#json(bytes(sys.inputs.data)).missing", id="that wants other data"),
        pytest.param('#read("/../outside.txt")', id="that reads above its folder"),
        pytest.param('#read("/etc/passwd")', id="that reads from the machine"),
    ],
)
def test_a_template_is_refused(tmp_path: Path, markup: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "templates").mkdir()
    with pytest.raises(PdfRefused):
        compile_pdf(written(tmp_path / "templates", markup), {}, AT)


def test_too_much_data_is_refused(template: Path) -> None:
    with pytest.raises(PdfRefused, match="bytes of data"):
        compile_pdf(template, {"lines": ["x" * DATA_BYTES_MAX]}, AT)


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Threads that wait for it go on at the end of the test at the latest."""
    made = threading.Event()
    yield made
    made.set()


def lines_when(held: threading.Event) -> Callable[[], dict[str, object]]:
    def lines() -> dict[str, object]:
        held.wait(timeout=60)
        return {"lines": ["late"]}

    return lines


async def test_waiting_for_a_pdf_ends(template: Path, held: threading.Event) -> None:
    typesetter = Typesetter(timeout_seconds=0.05)
    with pytest.raises(PdfTooSlow):
        await typesetter.typeset(template, lines_when(held), AT)
    typesetter.close()


@pytest.mark.proves("I5")
async def test_a_pdf_that_takes_too_long_costs_the_next_one_none_of_its_time(
    template: Path, held: threading.Event
) -> None:
    """Both are asked for at once: the second one's clock begins when the first one's thread is left behind."""
    swift = compile_pdf(template, {"lines": ["swift"]}, AT)
    typesetter = Typesetter(timeout_seconds=3)
    first, second = await asyncio.gather(
        typesetter.typeset(template, lines_when(held), AT),
        typesetter.typeset(template, lambda: {"lines": ["swift"]}, AT),
        return_exceptions=True,
    )
    assert isinstance(first, PdfTooSlow)
    assert second == swift
    typesetter.close()


async def test_no_more_threads_are_left_behind_than_the_bound_and_each_end_makes_room(
    template: Path, held: threading.Event
) -> None:
    typesetter = Typesetter(timeout_seconds=0.05)
    for _ in range(OVERDUE_MAX + 1):
        await typesetter.room()
        with pytest.raises(PdfTooSlow):
            await typesetter.typeset(template, lines_when(held), AT)
    room = asyncio.create_task(typesetter.room())
    assert not (await asyncio.wait([room], timeout=0.2))[0]
    held.set()
    await asyncio.wait_for(room, timeout=30)
    typesetter.close()


async def test_whoever_stops_waiting_leaves_the_place_taken_until_the_thread_has_ended(
    template: Path, held: threading.Event
) -> None:
    typesetter = Typesetter()
    asked = asyncio.create_task(typesetter.typeset(template, lines_when(held), AT))
    await asyncio.wait([asked], timeout=0.05)
    asked.cancel()
    room = asyncio.create_task(typesetter.room())
    assert not (await asyncio.wait([room], timeout=0.2))[0]
    held.set()
    await asyncio.wait_for(room, timeout=30)
    typesetter.close()
