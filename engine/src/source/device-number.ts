/** A device's number as the system's `dev_t`, apart into what names it everywhere. */
export interface DeviceNumber {
  readonly major: number
  readonly minor: number
}

/** gnu_dev_major/minor of glibc on Linux; sys/types.h on macOS (from its documentation, not tried). */
export function splitDeviceNumber(device: bigint): DeviceNumber {
  if (process.platform === 'darwin') return { major: Number((device >> 24n) & 0xffn), minor: Number(device & 0xff_ffffn) }
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffff_ff00n)),
  }
}

export function joinDeviceNumber({ major, minor }: DeviceNumber): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  if (process.platform === 'darwin') return (high << 24n) | low
  return ((high & 0xfffn) << 8n) | ((high & 0xffff_f000n) << 32n) | (low & 0xffn) | ((low & 0xffff_ff00n) << 12n)
}
