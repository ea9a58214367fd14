"""PUT and GET as drivers do them, COPY FILES, LIST and REMOVE."""

from __future__ import annotations

import re
from email.utils import formatdate
from pathlib import Path as File

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.addresses import Address, address
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.folders import Entry, copy_into, entries, remove, root
from sandbox.snowflake_api.git_files import listed, located
from sandbox.snowflake_api.paths import safe
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, table
from sandbox.snowflake_api.selection import constant_rows
from sandbox.snowflake_api.sources import below, may_read, may_write
from sandbox.snowflake_api.things import GitRepository, Stage

_COMPRESSIONS = ("auto_detect", "none", "gzip", "bz2", "brotli", "zstd", "deflate", "raw_deflate")


def put(call: Call) -> Result:
    """`PUT 'file:///path' '@stage/path/' [PARALLEL AUTO_COMPRESS SOURCE_COMPRESSION OVERWRITE]`: the driver copies."""
    source = _local(call.reader.location())
    target = address(call, call.reader.location())
    options: dict[str, Property] = {
        "PARALLEL": ("parallel", Reader.integer),
        "AUTO_COMPRESS": ("autoCompress", Reader.boolean),
        "SOURCE_COMPRESSION": ("sourceCompression", lambda reader: reader.scalar().lower()),
        "OVERWRITE": ("overwrite", Reader.boolean),
    }
    given = call.reader.properties(options, "PUT")
    call.reader.end()
    if given.get("sourceCompression", "none") not in _COMPRESSIONS:
        raise refusals.invalid_value(str(given["sourceCompression"]), "SOURCE_COMPRESSION")
    may_write(call, target)
    folder, path = root(call.catalogue, target, to_write=True)
    place = folder / path
    place.mkdir(parents=True, exist_ok=True)
    if given.get("overwrite") and call.session.client.startswith("Go "):
        # That driver writes over what is there without cutting it off, so a longer file would keep its end.
        ending = ".gz" if given.get("autoCompress", True) else ""
        (place / f"{File(source).name}{ending}").unlink(missing_ok=True)
    transfer = {
        "command": "UPLOAD",
        "src_locations": [source],
        "autoCompress": True,
        "overwrite": False,
        "sourceCompression": "auto_detect",
        "parallel": 4,
        **given,
        **call.transfers.stage_info(call.session, place, to_write=True),
    }
    return Result((), (), transfer=transfer)


def get(call: Call) -> Result:
    """`GET '@stage/path' 'file:///folder/' [PARALLEL PATTERN]`."""
    source = address(call, call.reader.location())
    target = _local(call.reader.location())
    options: dict[str, Property] = {"PARALLEL": ("parallel", Reader.integer), "PATTERN": ("pattern", Reader.text)}
    given = call.reader.properties(options, "GET")
    call.reader.end()
    may_read(call, source)
    folder, _ = root(call.catalogue, source)
    found = [one.path for _, one in _found(call, source, given)]
    transfer = {
        "command": "DOWNLOAD",
        "src_locations": found,
        "localLocation": target,
        "parallel": given.get("parallel", 4),
        "autoCompress": False,
        "overwrite": False,
        "sourceCompression": "none",
        "presignedUrls": None,
        **call.transfers.stage_info(call.session, folder, to_write=False),
    }
    return Result((), (), transfer=transfer)


def _local(text: str) -> str:
    if not text.startswith("file://"):
        raise refusals.syntax(f"'{text}' is not a local file: it has to begin with file://.")
    return text.removeprefix("file://")


def _found(call: Call, at: Address, given: dict[str, object]) -> list[tuple[str, Entry]]:
    """The files whose names begin with an address, each with the name that LIST shows and a pattern matches whole."""
    expression = _expression(str(given.get("pattern", ".*")))
    folder, prefix = root(call.catalogue, at)
    start = _shown_start(at, prefix)
    shown = [(f"{start}{one.path}", one) for one in entries(folder, prefix)]
    return [(name, one) for name, one in shown if expression.fullmatch(name)]


def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error:
        raise refusals.invalid_value(pattern, "PATTERN", "It is no regular expression") from None


def copy_files(call: Call) -> Result:
    """`COPY FILES INTO <address> FROM <address> [FILES = (..)] [PATTERN = '..'] [DETAILED_OUTPUT = ..]`.

    Paths below the source are kept. With a query instead of the address, each row is a file and maybe its new path.
    """
    reader = call.reader
    reader.expect("INTO")
    target = address(call, _in_folder(reader.location()))
    reader.expect("FROM")
    if reader.at_symbol("("):
        files = _queried(call, reader.between_parentheses())
    else:
        files = list(below(call, address(call, reader.location())))
    options: dict[str, Property] = {
        "FILES": ("files", lambda inner: inner.listed(inner.text)),
        "PATTERN": ("pattern", Reader.text),
        "DETAILED_OUTPUT": ("detailed", Reader.boolean),
    }
    given = reader.properties(options, "COPY FILES")
    reader.end()
    may_write(call, target)
    files = _chosen(files, given)
    folder, path = root(call.catalogue, target, to_write=True)
    copy_into(folder / path, files)
    names = [f"{path}{name}" for name, _ in files]
    return table(columns("file"), [(name,) for name in names])


def _in_folder(text: str) -> str:
    return text if text.endswith("/") else f"{text}/"


def _chosen(files: list[tuple[str, File]], given: dict[str, object]) -> list[tuple[str, File]]:
    wanted = given.get("files")
    if isinstance(wanted, tuple):
        known = dict(files)
        for name in wanted:
            if name not in known:
                raise refusals.unknown("File", str(name))
        files = [(str(name), known[name]) for name in wanted]
    expression = _expression(str(given.get("pattern", ".*")))
    return [one for one in files if expression.fullmatch(one[0])]


def _queried(call: Call, query: str) -> list[tuple[str, File]]:
    """Rows of a file's address, and the path that the copy gets: else its own below the stage."""
    found = []
    for row in constant_rows(query):
        if not row or row[0] is None or len(row) > 2:
            raise refusals.syntax("the query of COPY FILES has a column with addresses, and maybe one with new paths.")
        at = address(call, row[0])
        exact = [one for one in below(call, at) if one[0] == at.path.rpartition("/")[2]]
        if not exact:
            raise refusals.unknown("File", row[0])
        new = at.path if len(row) == 1 or row[1] is None else row[1]
        found.append((safe(new), exact[0][1]))
    return found


def list_files(call: Call) -> Result:
    """`LIST <address> [PATTERN = '..']`. Names begin with the stage's own, in lower case, as Snowflake shows them."""
    at = address(call, call.reader.location())
    given = call.reader.properties({"PATTERN": ("pattern", Reader.text)}, "LIST")
    call.reader.end()
    may_read(call, at)
    shape = columns("name size:fixed md5 last_modified")
    if isinstance(at.holder.body, GitRepository):
        expression = _expression(str(given.get("pattern", ".*")))
        return table(
            shape, [row for row in _in_repository(call, at, at.holder.body) if expression.fullmatch(str(row[0]))]
        )
    found = _found(call, at, given)
    return table(shape, [(name, one.size, one.md5(), _moment(one.modified)) for name, one in found])


def _shown_start(at: Address, prefix: str) -> str:
    if isinstance(at.holder.body, Stage):
        return f"{at.holder.name.lower()}/"
    return f"/{at.path.removesuffix(prefix).rstrip('/')}/"


def _in_repository(call: Call, at: Address, repository: GitRepository) -> list[tuple[object, ...]]:
    mirror = call.catalogue.folders / repository.folder / "mirror.git"
    commit, prefix = located(mirror, at.path)
    start = at.path[: len(at.path) - len(prefix)].rstrip("/")
    return [
        (f"{at.holder.name.lower()}/{start}/{path}", size, blob, _moment(repository.fetched))
        for path, blob, size in listed(mirror, commit, prefix)
    ]


def _moment(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def remove_files(call: Call) -> Result:
    """`REMOVE <address> [PATTERN = '..']`: every file whose name begins with it, as LIST has them."""
    at = address(call, call.reader.location())
    given = call.reader.properties({"PATTERN": ("pattern", Reader.text)}, "REMOVE")
    call.reader.end()
    may_write(call, at)
    folder, _ = root(call.catalogue, at, to_write=True)
    found = _found(call, at, given)
    remove(folder, [one for _, one in found])
    return table(columns("name result"), [(name, "removed") for name, _ in found])
