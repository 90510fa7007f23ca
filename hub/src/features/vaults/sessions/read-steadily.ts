import { AppError } from '@holdfast/shared-types'
import { takeBounded, type Upload } from './read-bounded.ts'

/*
 * The slowest that is honest: a device with the least upload limit, 16 KiB/s, shares it among a snapshot and the six packs that were under way when the limit was set, and sends 274 KiB of
 * each in two minutes. Two minutes are also three times as long as an agent itself keeps a call that moves nothing over a line that is gone: 30 s until its link is, 10 s for the call.
 */
const leastBytes = 128 * 1024
const withinMs = 120_000

/**
 * All bytes of a request that keeps coming: what is held for it is held for no sender that stops. Then the rest is read without being
 * held, so that who sends it after all hears the answer.
 * @throws AppError `request.too-large`; `hub.overloaded` where it comes too slowly
 */
export async function readSteadily(body: Upload, limitBytes: number): Promise<Buffer> {
  const { promise: slow, reject } = Promise.withResolvers<never>()
  const parts: Uint8Array[] = []
  let isDropped = false
  let dueBytes = leastBytes
  const timer = setTimeout(() => {
    isDropped = true
    parts.length = 0
    reject(tooSlow())
  }, withinMs)
  const taken = takeBounded(body, limitBytes, (part, sizeBytes) => {
    if (isDropped) return
    parts.push(part)
    if (sizeBytes < dueBytes) return
    dueBytes = sizeBytes + leastBytes
    timer.refresh()
  })
  try {
    await Promise.race([taken, slow])
    return Buffer.concat(parts)
  } finally {
    clearTimeout(timer)
  }
}

/** Passes by itself, unlike a wrong snapshot: the agent sends it again. */
const tooSlow = (): AppError =>
  new AppError('hub.overloaded', {
    message: `The snapshot came too slowly: the hub waits for it only while ${leastBytes / 1024} KiB arrive within two minutes.`,
    cure: 'Nothing is needed: the device sends it again in a moment. If it stays, look at its line to the hub.',
  })
