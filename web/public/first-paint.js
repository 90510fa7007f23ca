// Runs before the first paint, in a file of its own because the page's policy allows no inline script:
// a dark console must not flash white. The key is the one of src/ui/appearance.ts.
;(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem('holdfast.appearance')
  } catch (blocked) {
    // Storage may be forbidden: then the system's choice counts.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.add(dark ? 'dark' : 'light')
})()
