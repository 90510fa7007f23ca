import { EngineError } from '../errors/index.ts'
import type { StretchCost } from '../format/index.ts'

/*
 * argon2id is loaded when a slot needs it: an agent, which never opens one, would pay for it with each run.
 */

/** 32 bytes; WebAssembly on Node and in browsers alike. @throws EngineError `vault.invalid` where the memory is not to be had */
export async function argon2id(password: Uint8Array, salt: Uint8Array, cost: StretchCost): Promise<Uint8Array> {
  const { argon2id: stretch } = await import('hash-wasm')
  try {
    return await stretch({
      password,
      salt,
      hashLength: 32,
      outputType: 'binary',
      memorySize: cost.memoryKiB,
      iterations: cost.iterations,
      parallelism: cost.parallelism,
    })
  } catch (cause) {
    const mebibytes = Math.ceil(cost.memoryKiB / 1024)
    throw new EngineError(
      'vault.invalid',
      `A passphrase could not be stretched: it takes ${mebibytes} MiB of memory, more than there is.`,
      {
        cause,
      },
    )
  }
}
