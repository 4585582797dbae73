/** A seat's terminals for the trainer: to look on, or to type along at the attendee's size. */

import "./style/trainer.css";
import { announce, say, settings } from "./page";
import { Terminals } from "./terminal/terminals";

const place = document.querySelector<HTMLElement>("[data-terminals]");
if (place) new Terminals(place, settings.seat, say, announce);
