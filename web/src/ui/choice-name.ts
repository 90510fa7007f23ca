export interface Choice<T extends string = string> {
  readonly value: T
  readonly label: string
  readonly icon?: string
  /** What the closed field says of it, where that is less. */
  readonly short?: string
}

/**
 * The accessible name of a menu that shows what is chosen: what it is for, and then what the eye reads on it. A name without the latter is
 * another one than somebody who speaks to the page would say.
 */
export function choiceName(label: string, choices: readonly Choice[], chosen: string): string {
  const choice = choices.find(({ value }) => value === chosen)
  return `${label}: ${choice?.short ?? choice?.label ?? chosen}`
}
