import Sequences
import Testing

@Suite struct BatchRoomTests {
    private static func ids(_ count: Int, common: Int, branch: Int32) -> [Int32] {
        (0..<count).map { Int32($0) + ($0 >= common ? 10_000 * branch : 0) }
    }

    @Test func withoutSharingASegmentCostsItsTokens() {
        var room = BatchRoom(100, sharesPrefixes: false)
        #expect(room.fits([Int32](repeating: 1, count: 500)), "the first does, whatever it costs")
        for _ in 0..<2 { room.take([Int32](repeating: 1, count: 40)) }
        #expect(room.cost == 80 && room.tokens == 80 && room.sharedTokens == 0)
        #expect(room.fits([Int32](repeating: 2, count: 20)) && !room.fits([Int32](repeating: 1, count: 21)))
    }

    /// The second of a kind costs what it has of its own, and the cost of sharing.
    @Test func whatIsSharedCostsOnce() {
        var room = BatchRoom(1_000, sharesPrefixes: true)
        for branch in 0..<3 {
            let ids = Self.ids(512, common: 448, branch: Int32(branch))
            #expect(room.cost(of: ids) == (branch == 0 ? 512 : 64 + BatchRoom.sharingCost))
            room.take(ids)
        }
        #expect(room.cost == 512 + 2 * 128 && room.sharedTokens == 2 * 448 && room.tokens == 3 * 512)
        // A little in common is nothing; never does a segment cost more than its tokens.
        #expect(room.cost(of: Self.ids(100, common: 32, branch: 9)) == 100)
        #expect(room.cost(of: [7, 8]) == 2)
    }

    /// Each temperature is a forward of its own: what others begin with is computed again.
    @Test func onlyThoseOfOneForwardShare() {
        var room = BatchRoom(1_000, sharesPrefixes: true)
        let details = [.none, ScoreDetail(topK: 3), ScoreDetail(temperatures: [2]), ScoreDetail(temperatures: [2])]
        let costs = details.enumerated().map { branch, detail in
            let ids = Self.ids(512, common: 448, branch: Int32(branch))
            defer { room.take(ids, detail) }
            return room.cost(of: ids, detail)
        }
        let own = 64 + BatchRoom.sharingCost
        #expect(costs == [512, own, 512, own])
        #expect(room.cost == 2 * (512 + own) && room.sharedTokens == 2 * 448)
    }

    /// However much is shared, the results have a limit, and it is the one that is stated.
    @Test(arguments: [0, 1, 8, 20, 64, 100])
    func resultsAreLimited(_ topK: Int) {
        let room = 256
        var batch = BatchRoom(room, sharesPrefixes: true)
        var taken = 0
        for branch in 0..<1_000 {
            // Beginnings of one another: they cost next to nothing.
            let ids = Self.ids(200 - branch % 3 * 16, common: 500, branch: 0)
            guard let cost = batch.cost(of: ids, ScoreDetail(topK: topK)), batch.cost + cost <= 100_000 else { break }
            batch.take(ids, ScoreDetail(topK: topK))
            taken += ids.count
        }
        #expect(taken * max(topK, 1) <= BatchRoom.mostTop(room, topK: max(topK, 8)))
        #expect(topK >= 64 || taken > room, "there is more than without sharing")
        // What fits without sharing fits, however many likeliest tokens it wants.
        var plain = BatchRoom(room, sharesPrefixes: true)
        plain.take(Self.ids(100, common: 0, branch: 1), ScoreDetail(topK: 1_000))
        #expect(plain.fits(Self.ids(156, common: 0, branch: 2)))
    }
}
