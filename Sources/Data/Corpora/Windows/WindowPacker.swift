/// Packs segments whole into windows of at most `capacity` tokens: each segment goes into the fullest of the open windows that has
/// room for it (best fit); where none has, a window is opened, and of more than `openWindows` the fullest is closed.
/// A pure function of the lengths and their order. O(openWindows) a segment.
package struct WindowPacker<Segment> {
    /// Most tokens of a window.
    package let capacity: Int
    /// Most windows that are open at once, to take further segments; beyond, the fullest is closed.
    package let openWindows: Int
    private let keepsOrder: Bool
    /// Of the open windows, in the order in which they were opened: tokens that still fit, and segments.
    private var rooms: [Int] = []
    private var members: [[Segment]] = []

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
        if keepsOrder, let room = rooms.first, room < length { close(remove(0)) }
        let place = fullest(withRoom: length)
        if let place {
            rooms[place] -= length
            members[place].append(segment)
        } else {
            rooms.append(capacity - length)
            members.append([segment])
        }
        let changed = place ?? rooms.count - 1
        if rooms[changed] == 0 { close(remove(changed)) }
        if rooms.count > openWindows, let fullest = fullest(withRoom: 0) { close(remove(fullest)) }
    }

    /// Closes the windows that are still open, in the order in which they were opened.
    package mutating func finish(_ close: ([Segment]) -> Void) {
        for window in members { close(window) }
        (rooms, members) = ([], [])
    }

    private mutating func remove(_ place: Int) -> [Segment] {
        rooms.remove(at: place)
        return members.remove(at: place)
    }

    /// The fullest of those with so much room; the first opened of equally full ones.
    private func fullest(withRoom needed: Int) -> Int? {
        var (found, least) = (Int?.none, Int.max)
        for (place, room) in rooms.enumerated() where room >= needed && room < least { (found, least) = (place, room) }
        return found
    }
}
