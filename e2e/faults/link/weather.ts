/** What the network does to those who talk through it. All of it at once, if need be. */
export interface Weather {
  /** New connections are refused, those that were there are gone. */
  isCut: boolean
  /** Bytes vanish both ways and nobody is told. A connection that lived through this stays dead for ever, as after a NAT forgot it. */
  isSilent: boolean
  delayMs: number
  /** Every other message of the link comes a second time, at once or a little later. */
  isDoubling: boolean
  /** Every other message of the link is overtaken by the next one. */
  isShuffling: boolean
}

export const goodWeather: Readonly<Weather> = { isCut: false, isSilent: false, delayMs: 0, isDoubling: false, isShuffling: false }
