// What links to this page begin with.

let home = "";

/** @param {?string} url where others in the network reach the server, if it knows */
export function useHome(url) {
  home = url || "";
}

// The page's own address, or where it has one that is for this machine alone the network's.
export function pageAddress() {
  const known = home && new URL(home);
  const alone = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
  // Behind another port there is something else, of which the server does not know.
  return `${known && alone && known.port === location.port ? known.origin : location.origin}${location.pathname}`;
}
