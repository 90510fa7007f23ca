/** Engine errors of these rooms say that stored bytes are not what they should be; others, that something else went wrong. */
const damageRooms = ['format.', 'bytes.', 'blob.', 'segment.', 'pack.'] as const

export const isDamage = (code: string): boolean => damageRooms.some((room) => code.startsWith(room))
