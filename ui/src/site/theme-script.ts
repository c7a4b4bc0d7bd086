export const THEME_KEY = "janus.theme";

/** Puts the chosen theme on <html>; without a choice the system's holds. */
export const THEME_SCRIPT = `try{var t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch(e){}`;
