/** Reads a setting kept in this browser; null where there is none or storage is forbidden. */
export function readKeptSetting(key: string): string | null {
  try {
    return localStorage.getItem(`holdfast.${key}`)
  } catch {
    // Storage may be forbidden by the browser's settings: then nothing is kept.
    return null
  }
}

export function keepSetting(key: string, value: string): void {
  try {
    localStorage.setItem(`holdfast.${key}`, value)
  } catch {
    // As above: the setting holds until the page is closed.
  }
}

export function forgetSetting(key: string): void {
  try {
    localStorage.removeItem(`holdfast.${key}`)
  } catch {
    // As above: there is nothing to forget.
  }
}
