import { statfsSync } from 'node:fs'
import { asBuffer } from './raw-names.ts'

/** linux/magic.h of Linux 6.12: file systems that show the kernel's own state. They hold nothing that could be put back. */
const kernelFileSystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0x0027e0eb, // cgroup
  0x63677270, // cgroup2
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x62656570, // configfs
  0x65735543, // fusectl
  0x42494e4d, // binfmt_misc
  0x19800202, // mqueue
  0x958458f6, // hugetlbfs
  0x1cd1, // devpts
  0x6e736673, // nsfs
  0x67596969, // rpc_pipefs
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
])

/** Whether a folder lies on a file system that the kernel makes up, like /proc: its files have no end, or say they are 128 TiB long. */
export function isKernelFileSystem(folder: Uint8Array): boolean {
  if (process.platform !== 'linux') return false
  try {
    return kernelFileSystems.has(statfsSync(asBuffer(folder)).type >>> 0)
  } catch {
    // Not to be asked (gone, or no permission): reading it will say what is wrong.
    return false
  }
}
