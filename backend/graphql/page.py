"""A page on which GraphQL is tried by hand, outside of production. Nothing in it comes from elsewhere, and nothing in it may."""

import base64
import hashlib
from typing import Final

_STYLE: Final = """
body { font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; margin: 0 auto; max-width: 72em; padding: 24px }
h1 { font-size: 1.3em } label { display: block; margin-top: 12px; font-weight: 600 }
textarea, input, pre { box-sizing: border-box; width: 100%; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; padding: 8px }
pre { background: #f3f1ea; min-height: 6em; overflow: auto; white-space: pre-wrap } button { margin-top: 12px; padding: 8px 24px }
:root { color-scheme: light dark } @media (prefers-color-scheme: dark) { pre { background: #22262b } }
"""
_SCRIPT: Final = """
"use strict";
const at = (id) => document.getElementById(id);
// `crypto.randomUUID` is there over https alone.
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
at("asking").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { "Content-Type": "application/json" };
  if (at("token").value) headers.Authorization = "Bearer " + at("token").value.trim();
  if (/^\\s*mutation/m.test(at("query").value)) headers["Idempotency-Key"] = random();
  at("answer").textContent = "…";
  try {
    const variables = JSON.parse(at("variables").value || "{}");
    const body = JSON.stringify({ query: at("query").value, variables });
    const answer = await fetch("/graphql", { method: "POST", headers, body, credentials: "omit" });
    const text = await answer.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* told as it came */ }
    at("answer").textContent = shown;
  } catch (problem) {
    at("answer").textContent = String(problem);
  }
});
"""
PAGE: Final = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Suyuan GraphQL</title>
<style>{_STYLE}</style></head><body><main><h1>Suyuan <span lang="zh">溯源</span> GraphQL</h1>
<form id="asking">
<label for="token">Access token or key, without “Bearer”</label><input id="token" type="password" autocomplete="off" spellcheck="false">
<label for="query">Query</label><textarea id="query" rows="12" spellcheck="false">{{ me {{ displayName roles }} }}</textarea>
<label for="variables">Variables, as JSON</label><textarea id="variables" rows="4" spellcheck="false">{{}}</textarea>
<button>Ask</button></form>
<label for="answer">Answer</label><pre id="answer" role="status"></pre></main>
<script>{_SCRIPT}</script></body></html>"""


def _source(text: str) -> str:
    """The source expression of an inline text (CSP 3 §2.3.1): this very text and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY: Final = (
    f"default-src 'none'; script-src {_source(_SCRIPT)}; style-src {_source(_STYLE)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
