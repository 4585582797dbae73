/** xterm.js with what every terminal of ours has: right widths, links, search, readable colours, no clipboard writes. */

import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { withNonce } from "./nonce";
import { theme } from "./theme";

const SCROLLBACK_LINES = 5000;
const OSC_CLIPBOARD = 52;

export interface Emulator {
  readonly terminal: Terminal;
  readonly fit: FitAddon;
  readonly search: SearchAddon;
  /** Takes colours and font from the stylesheet again. */
  restyle(): void;
}

/** A terminal in `place`, which has to be visible. */
export function emulator(place: HTMLElement, readOnly: boolean): Emulator {
  const styles = getComputedStyle(place);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const terminal = new Terminal({
    allowProposedApi: true, // widths and search decorations are still called so
    cursorBlink: !calm && !readOnly,
    disableStdin: readOnly,
    fontFamily: styles.getPropertyValue("--font-mono").trim() || "monospace",
    fontSize: Number.parseFloat(styles.getPropertyValue("--term-size")) || 14,
    linkHandler: { activate: (_, address) => follow(address), allowNonHttpProtocols: false },
    macOptionIsMeta: false, // Option types @, | and ~ on many keyboards
    minimumContrastRatio: 4.5,
    rightClickSelectsWord: false,
    scrollback: SCROLLBACK_LINES,
    theme: theme(place),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  for (const addon of [
    fit,
    search,
    new UnicodeGraphemesAddon(),
    new WebLinksAddon((_, address) => follow(address)),
  ]) {
    terminal.loadAddon(addon);
  }
  terminal.parser.registerOscHandler(OSC_CLIPBOARD, () => true);
  withNonce(document, () => terminal.open(place));
  return {
    terminal,
    fit,
    search,
    restyle() {
      terminal.options.theme = theme(place);
    },
  };
}

function follow(address: string): void {
  if (/^https?:\/\//i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
}
