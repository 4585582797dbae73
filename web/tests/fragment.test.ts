import { expect, test } from "vitest";
import { fragment } from "../src/lesson/fragment";

const shown = (html: string) => {
  const place = document.createElement("div");
  place.append(fragment(html));
  return place.innerHTML;
};

test.each([
  ["<p>a <em>b</em> <code>c</code></p>", "<p>a <em>b</em> <code>c</code></p>"],
  ["<script>alert(1)</script>x", "x"],
  ["<svg onload=alert(1)><p>y</p></svg>", "<p>y</p>"],
  ['<p style="x" class="y" onclick="z()">a</p>', "<p>a</p>"],
  ['<a href="javascript:alert(1)">a</a>', "<a>a</a>"],
  ["<iframe src=//x></iframe><style>*{}</style>", ""],
  ["&lt;b&gt;", "&lt;b&gt;"],
  [
    '<a href="https://docs.docker.com/" target="_top">a</a>',
    '<a href="https://docs.docker.com/" target="_blank" rel="noopener noreferrer">a</a>',
  ],
])("%s becomes %s", (html, wanted) => expect(shown(html)).toBe(wanted));
