/**
 * Shows on the installed app's icon how many things need somebody; 0 takes the badge away. Browsers without badges, and pages that are
 * not installed, show nothing.
 */
export function showBadge(count: number): void {
  const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
  // A system may refuse badges as it refuses notifications: the console itself says the same.
  badge?.catch(() => undefined)
}
