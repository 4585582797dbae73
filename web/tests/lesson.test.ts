import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../src/api";
import { lesson } from "../src/lesson/lesson";
import { context, one, page, settled } from "./dom";

// As podlab.lesson.render makes it.
const check = (id: string, attributes = "") => `<section class="check" data-check-id="${id}" ${attributes}>
<p id="${id}" class="name">It works</p><p class="status" role="status" data-status="unknown">Not checked yet</p>
<button type="button" data-action="check">Check</button></section>`;
const command = (id: string, text: string, terminal = "shell") =>
  `<div class="command" data-command-id="${id}" data-terminal="${terminal}"><pre id="${id}"><code>${text}</code></pre>
<button type="button" data-action="run">Run</button><button type="button" data-action="copy">Copy</button></div>`;
const QUIZ = `<form class="quiz" method="post" data-quiz-id="q"><fieldset><legend>Which?</legend>
<label><input type="checkbox" name="answer" value="a">A</label><label><input type="checkbox" name="answer" value="b">B</label>
</fieldset><button type="submit" data-action="answer">Answer</button><p class="result" role="status"></p></form>`;
const step = (id: string, body: string) =>
  `<article class="step" data-step-id="${id}"><h1 id="${id}-title">${id}</h1>${body}</article>`;
const steps = (...made: string[]) =>
  page(
    `<section data-lesson><ol data-steps>${made
      .map((html) => /data-step-id="(\w+)"/.exec(html)?.[1])
      .map((id) => `<li><a href="#${id}" data-step="${id}">${id}</a></li>`)
      .join("")}</ol><progress data-progress></progress>${made.join("")}</section>`,
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  localStorage.clear();
  history.replaceState(null, "", "#");
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

const click = async (selector: string) => {
  one(selector).click();
  await settled();
};
const status = (id: string) => one(`[data-check-id="${id}"] .status`);
const shown = () =>
  [...document.querySelectorAll<HTMLElement>(".step")]
    .filter((each) => !each.hidden)
    .map((each) => each.dataset.stepId);

describe("commands", () => {
  test("a click sends the text to its terminal, and the server is told", async () => {
    const seat = context();
    const run = vi.fn(async () => true);
    await lesson(steps(step("one", command("c1", "echo &lt;b&gt; &amp;&amp; ls"))), seat, run);
    await click('[data-action="run"]');
    expect(run).toHaveBeenCalledWith("echo <b> && ls", "shell");
    expect(seat.api.ran).toHaveBeenCalledWith("c1");
    expect(one(".command").classList).toContain("was-run");
  });

  test("what no terminal took was not run", async () => {
    const seat = context();
    await lesson(steps(step("one", command("c1", "ls"))), seat, async () => false);
    await click('[data-action="run"]');
    expect(seat.api.ran).not.toHaveBeenCalled();
    expect(one(".command").classList).not.toContain("was-run");
  });

  test("all of a step run in order, and stop where one cannot", async () => {
    const seat = context();
    const run = vi.fn(async (text: string) => text !== "two");
    const body = ["one", "two", "three"].map((text) => command(text, text)).join("");
    await lesson(steps(step("one", body)), seat, run);
    await click(".run-all");
    expect(run.mock.calls.map(([text]) => text)).toEqual(["one", "two"]);
  });

  test("without terminals nothing can be run, and nothing offers it", async () => {
    await lesson(steps(step("one", command("a", "a") + command("b", "b"))), context());
    expect(one('[data-action="run"]').hidden).toBe(true);
    expect(document.querySelector(".run-all")).toBeNull();
  });

  test("copying takes the clipboard, and says so", async () => {
    const seat = context();
    const writeText = vi.fn(async () => {});
    Object.assign(navigator, { clipboard: { writeText } });
    await lesson(steps(step("one", command("c1", "ls -l"))), seat, async () => true);
    await click('[data-action="copy"]');
    expect(writeText).toHaveBeenCalledWith("ls -l");
    expect(seat.announced).toEqual(["Copied"]);
    Object.assign(navigator, { clipboard: undefined });
  });
});

describe("checks", () => {
  test("news of the lesson leave the hint where it is", async () => {
    const seat = context();
    seat.api.check.mockResolvedValue({ status: "failed", output: "push it first" });
    const refresh = await lesson(steps(step("one", check("k"))), seat);
    await click('[data-action="check"]');
    seat.api.progress.mockResolvedValue({ done: [], unlocked: [], checks: { k: "failed" }, quizzes: {} });
    await refresh();
    expect(one(".output").hidden).toBe(false);
    expect(one(".output").textContent).toBe("push it first");
  });

  test("one that fails shows what it printed, as text", async () => {
    const seat = context();
    seat.api.check.mockResolvedValue({ status: "failed", output: "<img src=x onerror=alert(1)>" });
    await lesson(steps(step("one", check("k"))), seat);
    await click('[data-action="check"]');
    expect(seat.api.check).toHaveBeenCalledWith("k", false);
    expect(status("k").textContent).toBe("Not yet");
    expect(one(".output").textContent).toBe("<img src=x onerror=alert(1)>");
    expect(document.querySelector("img")).toBeNull();
  });

  test("an automatic one looks by itself, more slowly each time, until it passes", async () => {
    const seat = context();
    await lesson(steps(step("one", check("k", "data-auto"))), seat);
    await vi.advanceTimersByTimeAsync(4000);
    expect(seat.api.check).toHaveBeenLastCalledWith("k", true);
    await vi.advanceTimersByTimeAsync(56_000);
    const looks = seat.api.check.mock.calls.length;
    expect(looks).toBeGreaterThan(3);
    expect(looks).toBeLessThan(9);
    seat.api.check.mockResolvedValue({ status: "passed", output: "" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(status("k").dataset.status).toBe("passed");
    const passed = seat.api.check.mock.calls.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(seat.api.check).toHaveBeenCalledTimes(passed);
  });

  test("one that is not automatic, or not in the open step, waits to be asked", async () => {
    const seat = context();
    await lesson(steps(step("one", check("k")), step("two", check("l", "data-auto"))), seat);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seat.api.check).not.toHaveBeenCalled();
  });

  test("the server's reason is shown, and its silence is named", async () => {
    const seat = context();
    await lesson(steps(step("one", check("k"))), seat);
    seat.api.check.mockRejectedValueOnce(new ApiError(429, "too many checks: wait a moment"));
    await click('[data-action="check"]');
    expect(status("k").dataset.status).toBe("error");
    expect(one(".output").textContent).toBe("too many checks: wait a moment");
    seat.api.check.mockRejectedValueOnce(new ApiError(0, "TypeError"));
    await click('[data-action="check"]');
    expect(one(".output").textContent).toBe("The server did not answer. Try again.");
  });
});

describe("quizzes", () => {
  const answer = async (...choices: string[]) => {
    for (const field of document.querySelectorAll<HTMLInputElement>("input")) {
      field.checked = choices.includes(field.value);
    }
    one<HTMLFormElement>("form").requestSubmit();
    await settled();
  };

  test("answers go to the server; wrong ones can be tried again", async () => {
    const seat = context();
    seat.api.answer.mockResolvedValue({ result: "partly", attempts: 1, attempts_left: 2, explanation: "" });
    await lesson(steps(step("one", QUIZ)), seat);
    await answer();
    expect(seat.api.answer).not.toHaveBeenCalled();
    expect(one(".result").textContent).toBe("Choose an answer first.");
    await answer("a", "b");
    expect(seat.api.answer).toHaveBeenCalledWith("q", ["a", "b"]);
    expect(one(".result").textContent).toBe("Partly right. Attempt 1.");
    expect(one<HTMLButtonElement>("form button").disabled).toBe(false);
  });

  test("a right answer is explained, and ends it", async () => {
    const seat = context();
    const explanation =
      '<p onclick="x()">Because <b>so</b>.<script>alert(1)</script><img src=x onerror=y()></p>';
    seat.api.answer.mockResolvedValue({ result: "right", attempts: 2, attempts_left: null, explanation });
    await lesson(steps(step("one", QUIZ)), seat);
    await answer("a");
    expect(one(".explanation").innerHTML).toBe("<p>Because <b>so</b>.</p>");
    expect(one<HTMLFieldSetElement>("fieldset").disabled).toBe(true);
  });

  test("the last attempt ends it as well", async () => {
    const seat = context();
    seat.api.answer.mockResolvedValue({ result: "wrong", attempts: 3, attempts_left: 0, explanation: "" });
    await lesson(steps(step("one", QUIZ)), seat);
    await answer("a");
    expect(one(".result").textContent).toBe("Not right yet. Attempt 3. No attempts are left.");
    expect(one<HTMLButtonElement>("form button").hidden).toBe(true);
  });
});

describe("steps", () => {
  const two = () => steps(step("one", check("k", "data-opens-next")), step("two", "Text"));

  test("one is seen at a time, and the server is told which", async () => {
    const seat = context();
    await lesson(steps(step("one", ""), step("two", "")), seat);
    expect(shown()).toEqual(["one"]);
    expect(seat.api.opened).toHaveBeenLastCalledWith("one");
    location.hash = "two";
    window.dispatchEvent(new Event("hashchange"));
    expect(shown()).toEqual(["two"]);
    expect(seat.api.opened).toHaveBeenLastCalledWith("two");
    expect(one('a[data-step="two"]').getAttribute("aria-current")).toBe("step");
    expect(document.activeElement?.id).toBe("two-title");
  });

  test("a check opens the next one", async () => {
    const seat = context();
    await lesson(two(), seat);
    const next = one<HTMLButtonElement>(".pager .primary");
    expect(next.disabled).toBe(true);
    expect(one('a[data-step="two"]').getAttribute("aria-disabled")).toBe("true");
    location.hash = "two";
    window.dispatchEvent(new Event("hashchange"));
    expect(shown()).toEqual(["one"]);
    seat.api.check.mockResolvedValue({ status: "passed", output: "" });
    await click('[data-action="check"]');
    expect(next.disabled).toBe(false);
  });

  test("a trainer opens one without it", async () => {
    const seat = context();
    const refresh = await lesson(two(), seat);
    seat.api.progress.mockResolvedValue({ done: [], unlocked: ["two"], checks: {}, quizzes: {} });
    await refresh();
    expect(one<HTMLButtonElement>(".pager .primary").disabled).toBe(false);
  });

  test("what was done before is there again, from any device", async () => {
    const seat = context();
    const result = { result: "right", attempts: 1, attempts_left: null, explanation: "<p>So.</p>" } as const;
    seat.api.progress.mockResolvedValue({
      done: ["one"],
      unlocked: [],
      checks: { k: "passed" },
      quizzes: { q: result },
    });
    await lesson(steps(step("one", check("k", "data-opens-next")), step("two", QUIZ)), seat);
    expect(shown()).toEqual(["two"]);
    expect(status("k").textContent).toBe("Passed");
    expect(one(".explanation").textContent).toBe("So.");
    expect(one<HTMLProgressElement>("progress").value).toBe(1);
    expect(one("progress").getAttribute("aria-label")).toBe("1 of 2 steps done");
  });

  test("a server that is away leaves a lesson that can be read", async () => {
    const seat = context();
    const offline = async () => {
      throw new ApiError(0, "away");
    };
    seat.api.progress.mockImplementation(offline);
    seat.api.opened.mockImplementation(offline);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await lesson(steps(step("one", ""), step("two", "")), seat);
    await settled();
    expect(shown()).toEqual(["one"]);
    expect(warn).toHaveBeenCalled();
  });
});
