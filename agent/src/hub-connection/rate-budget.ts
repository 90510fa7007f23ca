/** How far ahead of its rate a second may be: what a late timer would lose otherwise is caught up within it. */
const aheadRatio = 0.1
/** Twenty pieces a second: none is larger than half of what may be ahead, so that the budget can always be used up. */
const piecesPerSecond = 20
const longestPieceBytes = 256 * 1024

/**
 * How many bytes may be sent when: a token bucket that fills at the limit and holds a tenth of a second. So any one-second window carries
 * at most 110 % of the limit (where it changed: of the largest in force in that window), and whoever always has something to send loses
 * nothing of it. Times are milliseconds of one clock that never goes back.
 */
export class RateBudget {
  /** Null = no limit. */
  #bytesPerSecond: number | null = null
  #bytes = 0
  #filledAtMs = 0

  get isLimited(): boolean {
    return this.#bytesPerSecond !== null
  }

  /** @param bytesPerSecond at least 20; null = no limit. */
  limit(bytesPerSecond: number | null, nowMs: number): void {
    this.#fill(nowMs)
    // What was left of a larger rate is not the smaller one's; and where there was no limit, nothing was saved up.
    this.#bytes = bytesPerSecond === null || this.#bytesPerSecond === null ? 0 : Math.min(this.#bytes, bytesPerSecond * aheadRatio)
    this.#bytesPerSecond = bytesPerSecond
    this.#filledAtMs = nowMs
  }

  /** @returns how many of the wanted bytes may be sent now, in one piece; 0 = none yet, see `waitMs`. */
  take(wantedBytes: number, nowMs: number): number {
    if (this.#bytesPerSecond === null) return wantedBytes
    this.#fill(nowMs)
    const bytes = this.#pieceOf(wantedBytes)
    if (this.#bytes < bytes) return 0
    this.#bytes -= bytes
    return bytes
  }

  /** When the next piece of so many wanted bytes may be sent, from `nowMs` on. */
  waitMs(wantedBytes: number, nowMs: number): number {
    if (this.#bytesPerSecond === null) return 0
    this.#fill(nowMs)
    return Math.max(0, ((this.#pieceOf(wantedBytes) - this.#bytes) / this.#bytesPerSecond) * 1000)
  }

  #pieceOf(wantedBytes: number): number {
    return Math.min(wantedBytes, longestPieceBytes, Math.floor((this.#bytesPerSecond ?? 0) / piecesPerSecond))
  }

  #fill(nowMs: number): void {
    if (this.#bytesPerSecond === null) return
    const filled = this.#bytes + ((nowMs - this.#filledAtMs) / 1000) * this.#bytesPerSecond
    this.#bytes = Math.min(filled, this.#bytesPerSecond * aheadRatio)
    this.#filledAtMs = nowMs
  }
}
