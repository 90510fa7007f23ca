const listeners = new Set<() => void>()

/** Names who lets go of what the hub told, once nobody is signed in any more: the next person may see less. */
export function onSignedOut(listener: () => void): void {
  listeners.add(listener)
}

export const tellSignedOut = (): void => listeners.forEach((listener) => listener())
