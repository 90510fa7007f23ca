import { readFileSync } from 'node:fs'

/** File systems behind which there is a server, or a mount that only happens when it is touched: looking may hang for hours. */
const mayHang = /^(?:nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|afs|ncpfs|davfs2?|autofs|fuse(?:\..*)?)$/

/**
 * Mount points that are better not touched, one character a byte. Known from the kernel's table, which asks none of the servers.
 * Empty on systems without one.
 */
export function networkMounts(table: string = mountTable()): ReadonlySet<string> {
  const found = new Set<string>()
  for (const line of table.split('\n')) {
    // proc_pid_mountinfo(5): … mount point (5th field), options, optional fields, `-`, type …
    const [before = '', after = ''] = line.split(' - ', 2)
    const mountPoint = before.split(' ')[4]
    const type = after.split(' ', 1)[0] ?? ''
    if (mountPoint !== undefined && mayHang.test(type)) found.add(unescaped(mountPoint))
  }
  return found
}

function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'latin1')
  } catch {
    // Not Linux: there the deadline is all there is.
    return ''
  }
}

/** Space, tab, newline and backslash are written as octal numbers. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
