import { statfsSync } from 'node:fs'

/** Magic numbers of statfs(2), as Linux's magic.h has them. */
const names: ReadonlyMap<number, string> = new Map([
  [0x0102_1994, 'tmpfs'],
  [0x8584_58f6, 'ramfs'],
  [0xef53, 'ext4'],
  [0x5846_5342, 'xfs'],
  [0x9123_683e, 'btrfs'],
  [0xf2f5_2010, 'f2fs'],
  [0x2fc1_2fc1, 'zfs'],
  [0x794c_7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0x0102_1997, '9p'],
  [0x6573_5546, 'fuse'],
])

/** What a path truly lies on, in a word: where it lies is nobody's business. ext2 and ext3 say that they are ext4. */
export function fileSystemOf(path: string): string {
  // Unsigned: some kernels' numbers come sign-extended.
  const magic = Number(BigInt.asUintN(32, statfsSync(path, { bigint: true }).type))
  return names.get(magic) ?? `a file system of type 0x${magic.toString(16)}`
}
