import type { RunProgressSample } from '@holdfast/shared-types'

/** How much is done, 0–1; null until the total is known. By bytes, by files where there are no bytes to move. */
export function doneRatio(sample: Pick<RunProgressSample, 'bytesDone' | 'bytesTotal' | 'filesDone' | 'filesTotal'> | null): number | null {
  if (sample === null || sample.bytesTotal === null) return null
  if (sample.bytesTotal > 0) return Math.min(1, sample.bytesDone / sample.bytesTotal)
  if (sample.filesTotal === null) return null
  return sample.filesTotal === 0 ? 1 : Math.min(1, sample.filesDone / sample.filesTotal)
}
