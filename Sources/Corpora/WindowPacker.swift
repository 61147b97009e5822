/// Packs segments whole into windows of at most `capacity` tokens: each segment goes into the fullest of the open windows that has
/// room for it (best fit); where none has, a window is opened, and of more than `openWindows` the fullest is closed.
/// A pure function of the lengths and their order. O(segments * openWindows).
package struct WindowPacker: Sendable {
    package let capacity: Int
    package let openWindows: Int

    package init(capacity: Int, openWindows: Int = 32) {
        precondition(capacity > 0 && openWindows > 0, "a window has room for at least one token")
        self.capacity = capacity
        self.openWindows = openWindows
    }

    private struct OpenWindow {
        var room: Int
        var members: [Int]
    }

    /// The windows in the order in which they were closed; each is a list of indices into `lengths`, in the order given.
    package func pack(_ lengths: some Collection<Int>) -> [[Int]] {
        var closed: [[Int]] = []
        var open: [OpenWindow] = []
        for (index, length) in lengths.enumerated() {
            precondition(length > 0 && length <= capacity, "segments fit a window")
            let fitting = open.indices.filter { open[$0].room >= length }
            if let best = fitting.min(by: { open[$0].room < open[$1].room }) {
                open[best].room -= length
                open[best].members.append(index)
            } else {
                open.append(OpenWindow(room: capacity - length, members: [index]))
            }
            closed += Self.removeFull(&open)
            if open.count > openWindows, let fullest = open.indices.min(by: { open[$0].room < open[$1].room }) {
                closed.append(open.remove(at: fullest).members)
            }
        }
        return closed + open.map(\.members)
    }

    private static func removeFull(_ open: inout [OpenWindow]) -> [[Int]] {
        guard open.contains(where: { $0.room == 0 }) else { return [] }
        let full = open.filter { $0.room == 0 }.map(\.members)
        open.removeAll { $0.room == 0 }
        return full
    }
}
