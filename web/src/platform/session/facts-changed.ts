type Listener = () => void

const listeners = new Set<Listener>()

/** Called when something that the hub says of itself, round every page, is another thing now. @returns what ends it */
export function onFactsChanged(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const tellFactsChanged = (): void => {
  for (const listener of listeners) listener()
}
