// What the theme leaves out for people who use a keyboard or a screen reader.
document.querySelector("[data-md-component=search]")?.setAttribute("aria-label", "Search");

// What is wider than the screen can be scrolled by keys; a button that copies is no landmark.
function mend() {
    for (const node of document.querySelectorAll(".md-typeset__scrollwrap, pre > code")) {
        if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
    }
    for (const node of document.querySelectorAll(".md-code__nav")) node.setAttribute("role", "presentation");
}
new MutationObserver(mend).observe(document.body, {childList: true, subtree: true});
addEventListener("resize", mend);
mend();
