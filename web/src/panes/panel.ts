/** What has a tab beside the terminals: files, a preview. */
export interface Panel {
  /** Unique among the tabs; it begins with `_`, as no terminal's name does. */
  readonly name: string;
  readonly label: string;
  readonly element: HTMLElement;
  /** It is seen, for the first time or again. */
  shown(): void;
  focus(): void;
}
