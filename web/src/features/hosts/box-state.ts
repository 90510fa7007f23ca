/** What the box of a row shows, and, where it cannot be pressed, why. */
export interface BoxState {
  readonly checked: 'true' | 'false' | 'mixed'
  /** In words, where the box alone does not say it. */
  readonly note: string | null
  readonly isFixed: boolean
}
