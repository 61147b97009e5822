"""A hook of MkDocs: the site has pages outside of docs/, and the files and folders that pages link to.

Pages link as the repository's own view of them needs it (`../openapi.yaml`). Here a path of the repository becomes one of the site: docs/ is
its root, all else keeps its path. A folder becomes a page that lists it.
"""

import logging
import pathlib
import posixpath
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOG = logging.getLogger("mkdocs.hooks.pages")
# Code first: what looks like a link in it is none.
PIECE = re.compile(r"(?ms)^ *```.*?^ *```$|`[^`\n]+`|^ *<!--.*?-->\n|<!--.*?-->|(?<=\]\()(?P<target>[^)\s#]+)")


def repository_path(uri):
    """The path of a page, or of a file, of the site."""
    inside = "docs/" + uri
    return inside if (ROOT / inside).exists() else uri


def site_path(path):
    """Where a file or folder of the repository stands in the site."""
    if (ROOT / path).is_dir():
        path = posixpath.join(path, "README.md" if (ROOT / path / "README.md").exists() else "index.md")
    return path.removeprefix("docs/")


def linked(path, text):
    """(what the page at `path` says, the path of the repository that it means) for each of its links within the repository."""
    for piece in PIECE.finditer(text):
        if (target := piece["target"]) and not re.match(r"[a-z]+:", target):
            yield target, posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def listing(path):
    files = sorted(file.relative_to(ROOT / path).as_posix() for file in (ROOT / path).rglob("*") if file.is_file())
    return f"# {path}\n\n" + "".join(f"- [{name}]({name})\n" for name in files)


def menu(items):
    for item in items:
        if isinstance(item, dict):
            for entry in item.values():
                yield from menu(entry) if isinstance(entry, list) else [entry]
        else:
            yield item


def on_files(files, config):
    """Adds what the menu names and what pages link to, and what those link to."""
    waiting = [repository_path(file.src_uri) for file in files.documentation_pages()]
    waiting += [repository_path(uri) for uri in menu(config.nav)]
    seen = set()
    while waiting:
        path = waiting.pop()
        uri = site_path(path)
        if uri in seen or not (ROOT / path).exists():
            continue
        seen.add(uri)
        text = (ROOT / path).read_text(encoding="utf-8") if path.endswith(".md") else ""
        if files.get_file_from_path(uri) is None:
            if (ROOT / path).is_dir() and uri.endswith("index.md"):
                text = listing(path)
                files.append(File.generated(config, uri, content=text))
                path = uri
            else:
                files.append(File(uri, str(ROOT), config.site_dir, config.use_directory_urls))
        waiting += [target for _, target in linked(path, text)]
    return files


def on_page_markdown(markdown, page, config, files):
    """The page with its links turned into those of the site, and without comments."""
    path = repository_path(page.file.src_uri)
    targets = dict(linked(path, markdown))

    def turned(piece):
        if piece["target"] in targets:
            return posixpath.relpath(site_path(targets[piece["target"]]), posixpath.dirname(page.file.src_uri) or ".")
        return "" if piece[0].lstrip().startswith("<!--") else piece[0]

    return PIECE.sub(turned, markdown)


def on_page_content(html, page, config, files):
    """A heading without a word heads nothing: it is a cell. A fence that was taken for text is a fault."""
    if "```" in html:
        LOG.warning(f"'{page.file.src_uri}': a fence is shown as text: is it indented by as much as its list's items, four?")
    return html.replace("<th></th>", "<td></td>")
