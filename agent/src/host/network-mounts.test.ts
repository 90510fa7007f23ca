import { expect, test } from 'vitest'
import { networkMounts } from './network-mounts.ts'

test('finds mounts behind which there is a server, whatever their names and options', () => {
  const table = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '40 22 0:41 / /mnt/share rw,relatime shared:20 master:3 - nfs4 server:/export rw,vers=4.2',
    '41 22 0:42 / /mnt/with\\040space\\134 rw - cifs //server/docs rw',
    '42 22 0:43 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw',
    '43 22 0:44 / /net rw - autofs /etc/auto.net rw',
    '44 22 0:45 / /tmp rw - tmpfs tmpfs rw',
    '45 22 0:46 / /mnt/nfs-like rw - xfs /dev/nfs4 rw',
    '',
  ].join('\n')
  expect([...networkMounts(table)]).toEqual(['/mnt/share', '/mnt/with space\\', '/run/user/1000/gvfs', '/net'])
})
