/** What every page has: styles, theme, clock and announcements. Without a terminal, this is all that is loaded. */

import "./style/index.css";
import { announcer } from "./announce";
import { askBefore } from "./ask";
import { clock } from "./clock/clock";
import { themeChoice } from "./clock/theme";
import { config } from "./config";
import { all } from "./dom";
import { prefill } from "./prefill";
import { speaker } from "./words";

export const settings = config();
export const say = speaker(settings.words);
export const announce = announcer();

document.documentElement.classList.add("has-script");
themeChoice();
prefill();
askBefore(say);
for (const place of all("[data-clock]")) clock(place, say, announce);
