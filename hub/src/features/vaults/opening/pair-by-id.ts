interface Item<T> {
  readonly id: string
  readonly value: T
}

/** A row and the object of the same id; one of them may be missing. */
export interface Pair<R, O> {
  readonly id: string
  readonly row: R | null
  readonly object: O | null
}

/** Walks two streams sorted by id side by side, holding one item of each. */
export async function* pairById<R, O>(rows: AsyncIterator<Item<R>>, objects: AsyncIterator<Item<O>>): AsyncGenerator<Pair<R, O>> {
  let row = await rows.next()
  let object = await objects.next()
  while (row.done !== true || object.done !== true) {
    const rowId = row.done === true ? null : row.value.id
    const objectId = object.done === true ? null : object.value.id
    const id = objectId === null || (rowId !== null && rowId < objectId) ? rowId : objectId
    if (id === null) return
    yield {
      id,
      row: row.done !== true && row.value.id === id ? row.value.value : null,
      object: object.done !== true && object.value.id === id ? object.value.value : null,
    }
    if (rowId === id) row = await rows.next()
    if (objectId === id) object = await objects.next()
  }
}
