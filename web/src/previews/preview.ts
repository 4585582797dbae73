/** A port of the seat in a frame: what runs there is hostile, so it has an origin of its own and may do little. */

import { button, make } from "../dom";
import type { Panel } from "../panes/panel";
import type { Say } from "../words";

/**
 * It keeps its own origin, which is not the page's, for its cookies and storage. It may not lead the page away
 * (`allow-top-navigation`), and what it opens is held as it is itself.
 */
const SANDBOX =
  "allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups allow-same-origin allow-scripts";
const PORTS = 65_535;

export class Preview implements Panel {
  readonly name: string;
  readonly label: string;
  readonly #frame: HTMLIFrameElement;
  readonly #link: HTMLAnchorElement;
  readonly #port: HTMLInputElement | undefined;
  #address: string;
  #isLoaded = false;

  /** `element` has `data-address`, where the portal leads to the preview; or `data-ports`, for a port to be asked for. */
  constructor(
    readonly element: HTMLElement,
    say: Say,
  ) {
    this.name = `_preview-${element.dataset.preview ?? ""}`;
    this.label = element.dataset.title ?? element.dataset.preview ?? "";
    this.#address = element.dataset.address ?? "";
    this.#frame = make("iframe", {
      sandbox: SANDBOX,
      referrerpolicy: "no-referrer",
      title: say("preview.frame", { title: this.label }),
    });
    this.#link = make(
      "a",
      { class: "button", target: "_blank", rel: "noopener noreferrer" },
      say("preview.open"),
    );
    const bar = make("div", { class: "preview-bar" });
    const { ports } = element.dataset;
    if (ports !== undefined) {
      const port = make("input", {
        type: "number",
        min: "1",
        max: String(PORTS),
        required: true,
        inputmode: "numeric",
      });
      const form = make(
        "form",
        {},
        make("label", {}, say("preview.port"), " ", port),
        make("button", {}, say("preview.go")),
      );
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const wanted = port.valueAsNumber;
        if (Number.isInteger(wanted) && wanted >= 1 && wanted <= PORTS) this.open(`${ports}${wanted}/`);
      });
      this.#port = port;
      bar.append(form);
    }
    bar.append(
      button(say("preview.reload"), () => this.open(this.#address)),
      this.#link,
    );
    element.replaceChildren(bar, this.#frame);
    this.#point();
  }

  shown(): void {
    if (!this.#isLoaded) this.open(this.#address);
  }

  /** Shows an address. Each time is a new beginning: the portal leads there with a new ticket. */
  open(address: string): void {
    if (address === "") return;
    this.#address = address;
    this.#isLoaded = true;
    this.#point();
    this.#frame.setAttribute("src", address);
  }

  focus(): void {
    if (this.#port && !this.#isLoaded) this.#port.focus();
    else this.#frame.focus();
  }

  #point(): void {
    const isSomewhere = this.#address !== "";
    if (isSomewhere) this.#link.href = this.#address;
    for (const control of this.element.querySelectorAll<HTMLElement>(".preview-bar > :not(form)")) {
      control.hidden = !isSomewhere;
    }
    this.#frame.hidden = !isSomewhere;
  }
}
