#!/usr/bin/env python3
"""Keeps one comment of a pull request current."""

import json
import os
import pathlib
import urllib.request

MARKER = "<!-- aipress plan -->"
LIMIT = 60000


def call(method, path, body=None):
    request = urllib.request.Request(
        "https://api.github.com/repos/%s/%s/%s" % (os.environ["OWNER"], os.environ["REPOSITORY"], path),
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": "Bearer " + os.environ["GITHUB_TOKEN"],
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def text():
    folder = pathlib.Path(".aipress")
    problems = (folder / "problems.txt").read_text().strip()
    plan = folder / "plan.md"
    parts = [MARKER, plan.read_text() if plan.exists() else ""]
    if problems:
        # A fence longer than any in the text, so that the text cannot end it.
        fence = "`" * 8
        parts.append("\n".join([fence, problems.replace(fence, ""), fence]))
    parts.append("Revision " + os.environ["REVISION"])
    return "\n\n".join(part for part in parts if part)[:LIMIT]


def existing(number):
    page = 1
    while True:
        comments = call("GET", "issues/%s/comments?per_page=100&page=%d" % (number, page))
        for comment in comments:
            if comment["body"].startswith(MARKER):
                return comment["id"]
        if len(comments) < 100:
            return None
        page += 1


number = int(os.environ["PULL_REQUEST"])
found = existing(number)
if found is None:
    call("POST", "issues/%d/comments" % number, {"body": text()})
else:
    call("PATCH", "issues/comments/%d" % found, {"body": text()})
