/// Packs segments whole into windows of at most `capacity` tokens: each segment goes into the fullest of the open windows that has
/// room for it (best fit); where none has, a window is opened, and of more than `openWindows` the fullest is closed.
/// A pure function of the lengths and their order. O(openWindows) a segment.
package struct WindowPacker<Segment> {
    private struct OpenWindow {
        var room: Int
        var members: [Segment]
    }

    /// Most tokens of a window.
    package let capacity: Int
    /// Most windows that are open at once, to take further segments; beyond, the fullest is closed.
    package let openWindows: Int
    private let keepsOrder: Bool
    private var open: [OpenWindow] = []

    package init(capacity: Int, openWindows: Int = 32) {
        precondition(capacity > 0 && openWindows > 0, "a window has room for at least one token")
        self.capacity = capacity
        self.openWindows = openWindows
        keepsOrder = false
    }

    /// A packer that keeps the order of the segments: one that does not fit the open window closes it.
    package init(inOrder capacity: Int) {
        precondition(capacity > 0, "a window has room for at least one token")
        self.capacity = capacity
        openWindows = 1
        keepsOrder = true
    }

    /// Packs one segment, and hands each window that it closes to `close`; a window's members are in the order in which they were
    /// added.
    ///
    /// - Parameter length: the segment's tokens, 1 ... `capacity`.
    package mutating func add(_ segment: Segment, length: Int, _ close: ([Segment]) -> Void) {
        precondition(length > 0 && length <= capacity, "segments fit a window")
        if keepsOrder, let last = open.first, last.room < length { close(open.removeFirst().members) }
        let place = fullest { $0.room >= length }
        if let place {
            open[place].room -= length
            open[place].members.append(segment)
        } else {
            open.append(OpenWindow(room: capacity - length, members: [segment]))
        }
        let changed = place ?? open.count - 1
        if open[changed].room == 0 { close(open.remove(at: changed).members) }
        if open.count > openWindows, let fullest = fullest(where: { _ in true }) {
            close(open.remove(at: fullest).members)
        }
    }

    /// Closes the windows that are still open, in the order in which they were opened.
    package mutating func finish(_ close: ([Segment]) -> Void) {
        for window in open { close(window.members) }
        open = []
    }

    /// The first opened of equally full ones.
    private func fullest(where fits: (OpenWindow) -> Bool) -> Int? {
        open.indices.filter { fits(open[$0]) }.min { open[$0].room < open[$1].room }
    }
}
