import { blobTypes, decodeContentList, decodeTreePage, type BlobType, type TreeEntry } from '../format/index.ts'
import type { FetchBlob } from '../reader/index.ts'

export interface ReachedBlob {
  readonly type: BlobType
  readonly id: Uint8Array
}

/**
 * Everything that trees need, from these blobs on: pages and lists are told and then read, contents and attributes are told. Whoever takes it says what it has met before;
 * that is not read again, nor what only it leads to.
 *
 * @param isNew of several blobs at once; true for each that is met for the first time
 */
export async function* reachedBlobs(
  fetch: FetchBlob,
  from: readonly ReachedBlob[],
  isNew: (blobs: readonly ReachedBlob[]) => Promise<readonly boolean[]>,
): AsyncGenerator<readonly ReachedBlob[]> {
  const open: ReachedBlob[] = []
  const meet = async (blobs: readonly ReachedBlob[]): Promise<readonly ReachedBlob[]> => {
    const fresh = await isNew(blobs)
    const met = blobs.filter((_, index) => fresh[index])
    open.push(...met.filter(({ type }) => type === blobTypes.treePage || type === blobTypes.contentList))
    return met
  }
  yield await meet(from)
  for (let blob = open.pop(); blob !== undefined; blob = open.pop()) {
    const needed = neededBy(blob, await fetch(blob.type, blob.id))
    if (needed.length > 0) yield await meet(needed)
  }
}

function neededBy({ type }: ReachedBlob, bytes: Uint8Array): ReachedBlob[] {
  if (type === blobTypes.contentList) {
    const list = decodeContentList(bytes)
    if ('children' in list) return list.children.map((child) => ({ type: blobTypes.contentList, id: child.list }))
    return list.items.flatMap((item) => (item.kind === 'data' ? [{ type: blobTypes.data, id: item.id }] : []))
  }
  const page = decodeTreePage(bytes)
  if ('children' in page) return page.children.map((child) => ({ type: blobTypes.treePage, id: child.page }))
  return page.entries.flatMap(neededByEntry)
}

/** What an entry needs itself: of a folder its page, not what is in it. */
function neededByEntry(entry: TreeEntry): ReachedBlob[] {
  const needed: ReachedBlob[] = []
  if (entry.attributes !== null) needed.push({ type: blobTypes.attributes, id: entry.attributes })
  if (entry.type === 'folder') needed.push({ type: blobTypes.treePage, id: entry.page })
  if (entry.type !== 'file') return needed
  const { content } = entry
  if (content.kind === 'list') needed.push({ type: blobTypes.contentList, id: content.id })
  if (content.kind === 'items')
    for (const item of content.items) if (item.kind === 'data') needed.push({ type: blobTypes.data, id: item.id })
  return needed
}
