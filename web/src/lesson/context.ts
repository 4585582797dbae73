/** What every part of a lesson's page needs. */

import type { Announce } from "../announce";
import type { Api } from "../api";
import type { Say } from "../words";

export interface Context {
  readonly api: Api;
  readonly say: Say;
  readonly announce: Announce;
  /** Names the seat, for what is remembered. */
  readonly seat: string;
}
